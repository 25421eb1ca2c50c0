COPY migration FROM 'migration.csv' (FORMAT 'csv', allow_quoted_nulls false, force_not_null 'name', quote '"', delimiter ',', header 1);
COPY outcome FROM 'outcome.csv' (FORMAT 'csv', allow_quoted_nulls false, force_not_null ('paper_id', 'stage', 'status', 'error', 'hint', 'trace', 'seconds', 'at_utc'), quote '"', delimiter ',', header 1);
COPY paper FROM 'paper.csv' (FORMAT 'csv', allow_quoted_nulls false, force_not_null ('record', 'source', 'pdf_sha256', 'first_seen_utc', 'id'), quote '"', delimiter ',', header 1);
COPY post FROM 'post.csv' (FORMAT 'csv', allow_quoted_nulls false, force_not_null ('heading', 'made_utc', 'date'), quote '"', delimiter ',', header 1);
COPY post_file FROM 'post_file.csv' (FORMAT 'csv', allow_quoted_nulls false, force_not_null ('date', 'sha256', 'written_utc'), quote '"', delimiter ',', header 1);
COPY post_item FROM 'post_item.csv' (FORMAT 'csv', allow_quoted_nulls false, force_not_null ('date', 'position', 'paper_id', 'record'), quote '"', delimiter ',', header 1);
COPY result FROM 'result.csv' (FORMAT 'csv', allow_quoted_nulls false, force_not_null ('paper_id', 'stage', 'record', 'made_by', 'seconds', 'made_utc', 'key'), quote '"', delimiter ',', header 1);
