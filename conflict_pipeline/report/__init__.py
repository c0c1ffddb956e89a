"""The conflict report that people look at: figures in SQL, charts as SVG, one HTML page, files."""
