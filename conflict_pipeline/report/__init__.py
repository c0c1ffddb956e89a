"""The HTML report of a completed cycle: figures from SQL, charts as SVG, one HTML page, Parquet files."""
