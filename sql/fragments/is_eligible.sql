-- Row cvm has a parent, and its visit date is in the window. Values: window_start, window_end.
(cvm."CONFLICTID" IS NOT NULL AND cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s)
