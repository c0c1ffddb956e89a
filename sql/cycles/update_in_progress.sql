-- Tell the application whether a refresh is running. Values: flag (1: please wait, 2: ended).
UPDATE {conflict}.settings SET "InProgressFlag" = %(flag)s
