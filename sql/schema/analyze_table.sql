-- Statistics of a table that the owner of the schema owns, whoever asks. Values: table (qualified and quoted).
SELECT {conflict}.analyze_table(%(table)s::regclass)
