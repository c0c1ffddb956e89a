-- Keeps one of the staged rows with the same key: the newest; of equally new ones the one whose text sorts last, so
-- that the choice does not depend on the order in which they arrived. Identifiers: stage, key, newest_first.
WITH repeated AS (
    SELECT {key} FROM {stage} GROUP BY {key} HAVING count(*) > 1
),
ranked AS (
    SELECT
        stage.ctid AS place,
        row_number() OVER (
            PARTITION BY {key} ORDER BY {newest_first} stage::text COLLATE "C" DESC
        ) AS rank_in_key
    FROM {stage} AS stage
    INNER JOIN repeated USING ({key})
)
DELETE FROM {stage} USING ranked WHERE {stage}.ctid = ranked.place AND ranked.rank_in_key > 1
