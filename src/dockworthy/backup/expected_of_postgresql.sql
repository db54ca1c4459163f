-- What a restore of this database must find again, one JSON object a line. Read in the transaction whose snapshot
-- pg_dump dumps. Rows of large tables are summed up over the first ones by their primary key alone.
SET LOCAL extra_float_digits = 3; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL TimeZone = 'UTC';
SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL bytea_output = 'hex'; SET LOCAL search_path = pg_catalog;
SELECT json_build_object('extensions', coalesce(json_object_agg(extname, extversion), '{}')) FROM pg_extension;
WITH own AS (
    SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), of_extensions AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), counted AS (
    SELECT CASE relkind WHEN 'v' THEN 'views' WHEN 'm' THEN 'materialized views' WHEN 'i' THEN 'indexes'
                WHEN 'I' THEN 'indexes' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'foreign tables' ELSE 'tables' END AS kind
    FROM pg_class c
    WHERE relnamespace IN (SELECT oid FROM own) AND relkind IN ('r', 'p', 'v', 'm', 'i', 'I', 'S', 'f')
      AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
    UNION ALL
    SELECT 'functions' FROM pg_proc p
    WHERE pronamespace IN (SELECT oid FROM own)
      AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
    UNION ALL
    SELECT 'triggers' FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'large objects' FROM pg_largeobject_metadata
)
SELECT json_build_object('objects', coalesce(json_object_agg(kind, number), '{}'))
FROM (SELECT kind, count(*) AS number FROM counted GROUP BY kind) AS all_kinds;
SELECT format(
    'SELECT json_build_object(''table'', %L, ''rows'', (SELECT count(*) FROM %s), ''sum'', (SELECT '
    'coalesce(sum((''x'' || substr(md5(part::text), 1, 15))::bit(60)::bigint), 0)::text FROM (SELECT t.* FROM %s AS t%s) AS part))',
    full_name, full_name, full_name,
    CASE WHEN pg_table_size(oid) < 67108864 THEN '' WHEN key IS NULL THEN ' LIMIT 0'
         ELSE format(' ORDER BY %s LIMIT 10000', key) END)
FROM (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS full_name,
           (SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place)
            FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
            WHERE i.indrelid = c.oid AND i.indisprimary) AS key
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 2
) AS tables \gexec
