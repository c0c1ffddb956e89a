-- Set whether the application shows that a refresh is running. Values: flag (1: refreshing, 2: ended).
UPDATE {conflict}.settings SET "InProgressFlag" = %(flag)s
