-- Of all re-detected pairs of the window, leave those whose rows the chunk has marked.
DELETE FROM pair
WHERE NOT EXISTS (SELECT FROM marked_row WHERE marked_row.row_id = pair.row_id)
