CREATE TABLE mailing(date VARCHAR NOT NULL, recipient VARCHAR NOT NULL, sent_utc TIMESTAMP NOT NULL);
CREATE TABLE measure(evaluation VARCHAR NOT NULL, subject VARCHAR NOT NULL, figure VARCHAR NOT NULL, "value" DOUBLE, made_by JSON NOT NULL, measured_utc TIMESTAMP NOT NULL);
CREATE TABLE migration("name" VARCHAR PRIMARY KEY, at_utc TIMESTAMP);
CREATE TABLE outcome(paper_id VARCHAR NOT NULL, stage VARCHAR NOT NULL, status VARCHAR NOT NULL, "error" VARCHAR NOT NULL, hint VARCHAR NOT NULL, trace VARCHAR NOT NULL, "seconds" DOUBLE NOT NULL, at_utc TIMESTAMP NOT NULL);
CREATE TABLE paper(id VARCHAR PRIMARY KEY, record JSON NOT NULL, "source" VARCHAR NOT NULL, pdf_sha256 VARCHAR NOT NULL, first_seen_utc TIMESTAMP NOT NULL);
CREATE TABLE placement(base VARCHAR, "version" INTEGER, "role" VARCHAR, date VARCHAR NOT NULL, reason VARCHAR NOT NULL, title VARCHAR NOT NULL, batch VARCHAR NOT NULL, placed_utc TIMESTAMP NOT NULL, PRIMARY KEY(base, "version", "role"));
CREATE TABLE post(date VARCHAR PRIMARY KEY, heading JSON NOT NULL, made_utc TIMESTAMP NOT NULL);
CREATE TABLE post_file(date VARCHAR, sha256 VARCHAR, written_utc TIMESTAMP NOT NULL, PRIMARY KEY(date, sha256));
CREATE TABLE post_item(date VARCHAR NOT NULL, "position" INTEGER NOT NULL, paper_id VARCHAR NOT NULL, record JSON NOT NULL);
CREATE TABLE result("key" VARCHAR PRIMARY KEY, paper_id VARCHAR NOT NULL, stage VARCHAR NOT NULL, record JSON NOT NULL, made_by JSON NOT NULL, "seconds" DOUBLE NOT NULL, made_utc TIMESTAMP NOT NULL);
CREATE TABLE sighting(base VARCHAR, "version" INTEGER, seen_by VARCHAR, batch VARCHAR, "type" VARCHAR, record JSON NOT NULL, first_seen_utc TIMESTAMP NOT NULL, last_seen_utc TIMESTAMP NOT NULL, PRIMARY KEY(base, "version", seen_by, batch, "type"));
CREATE TABLE visit(at_utc TIMESTAMP, seen_by VARCHAR, category VARCHAR, record JSON NOT NULL, PRIMARY KEY(at_utc, seen_by, category));
CREATE VIEW sentence AS SELECT "key", paper_id, unnest(from_json((record -> 'sentences'), '[{"id":"VARCHAR","section":"INTEGER","page":"INTEGER","text":"VARCHAR"}]'), "recursive" := true) FROM result WHERE (stage = 'extract');

