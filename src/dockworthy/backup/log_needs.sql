-- One line of JSON: what decides whether the log of this PostgreSQL can be received, and by which way.
SELECT jsonb_build_object(
    'version', current_setting('server_version_num')::int,
    'level', current_setting('wal_level'),
    'senders', current_setting('max_wal_senders')::int,
    'slots', current_setting('max_replication_slots')::int
        - (SELECT count(*) FROM pg_replication_slots WHERE slot_name !~ '^dockworthy_'),
    'keeps', current_setting('max_slot_wal_keep_size', true),
    'listens', current_setting('listen_addresses'),
    'port', current_setting('port')::int,
    'folder', current_setting('data_directory'),
    'access', current_setting('hba_file'),
    'segment', (SELECT setting::bigint * CASE unit WHEN '8kB' THEN 8192 WHEN 'MB' THEN 1048576 ELSE 1 END
        FROM pg_settings WHERE name = 'wal_segment_size'),
    'follows', pg_is_in_recovery(),
    'system', (SELECT system_identifier::text FROM pg_control_system()),
    'timeline', CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
    'tablespaces', (SELECT coalesce(jsonb_agg(spcname), '[]') FROM pg_tablespace
        WHERE spcname NOT IN ('pg_default', 'pg_global')),
    'rules', (SELECT coalesce(jsonb_agg(jsonb_build_array(type, to_jsonb(database), to_jsonb(user_name),
        coalesce(address, ''), coalesce(netmask, ''), coalesce(auth_method, ''))), '[]')
        FROM pg_hba_file_rules WHERE error IS NULL)
);
