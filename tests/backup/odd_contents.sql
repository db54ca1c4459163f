CREATE DATABASE `odd ``db ü;` DEFAULT CHARACTER SET latin1;
USE `odd ``db ü;`;
CREATE TABLE `t ``a"'é
line` (id int PRIMARY KEY AUTO_INCREMENT, `c ``x"` varchar(20) CHARACTER SET latin1, b varbinary(20), bl longblob,
    f float, d double, dc decimal(30, 10), bt bit(12), ts timestamp(6) NULL, dt datetime, da date, ti time(3), y year,
    e enum('a', 'b,''c'), s set('x', 'y'), j json, g geometry, k int DEFAULT 3, g1 int AS (k + 1) VIRTUAL,
    g2 int AS (k * 2) STORED, u uuid, i6 inet6);
INSERT INTO `t ``a"'é
line` (`c ``x"`, b, bl, f, d, dc, bt, ts, dt, da, ti, y, e, s, j, g, u, i6) VALUES
    ('ü\n\\', x'00ff0a5c27', x'00010203', 0.1234567, 0.1 + 0.2, 12345678901234567890.1234567891, b'101010101010', now(6),
     '2026-01-01 01:01:01', '2026-01-02', '01:02:03.456', 2026, 'b,''c', 'x,y', '{"a": 1}',
     ST_GeomFromText('POINT(1 2)', 4326), uuid(), '::1'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SET sql_mode = '';
INSERT INTO `t ``a"'é
line` (dt, da) VALUES ('0000-00-00', '2026-00-00');
SET sql_mode = DEFAULT;
CREATE TABLE `0` (id int); INSERT INTO `0` VALUES (0);
CREATE TABLE nopk (a int, b text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    c varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci);
INSERT INTO nopk VALUES (1, '😀', 'a'), (1, '😀', 'a'), (2, '', NULL);
CREATE TABLE my (id int) ENGINE = MyISAM; INSERT INTO my VALUES (1);
CREATE TABLE ar (id int) ENGINE = Aria; INSERT INTO ar VALUES (1);
CREATE TABLE blobs (id int PRIMARY KEY, b longblob); INSERT INTO blobs VALUES (1, REPEAT(x'00ff', 5000000));
CREATE SEQUENCE sq START 5; SELECT NEXTVAL(sq);
CREATE TABLE vers (id int PRIMARY KEY, w int) WITH SYSTEM VERSIONING;
INSERT INTO vers VALUES (1, 1); UPDATE vers SET w = 2; DELETE FROM vers; INSERT INTO vers VALUES (2, 2);
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE achild (id int, p int, FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO parent VALUES (1); INSERT INTO achild VALUES (1, 1);
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
CREATE TABLE ai0 (id int AUTO_INCREMENT PRIMARY KEY); INSERT INTO ai0 VALUES (0);
SET sql_mode = DEFAULT;
CREATE VIEW v1 AS SELECT * FROM parent; CREATE VIEW a0 AS SELECT * FROM v1;
CREATE DEFINER = `no one`@`nowhere` VIEW vd AS SELECT * FROM parent;
DELIMITER ;;
CREATE DEFINER = `no one`@`nowhere` PROCEDURE p1() BEGIN SELECT 1; SELECT ';;'; END;;
CREATE FUNCTION fn(a int) RETURNS int DETERMINISTIC RETURN a + 1;;
CREATE TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW BEGIN SET NEW.id = NEW.id; END;;
DELIMITER ;
CREATE EVENT ev ON SCHEDULE EVERY 1 SECOND DO UPDATE `0` SET id = id + 1;
CREATE EVENT once ON SCHEDULE AT '2001-01-01 00:00:00' ON COMPLETION PRESERVE DO DELETE FROM nopk;
CREATE TABLE big (id int PRIMARY KEY, t text); INSERT INTO big SELECT seq, REPEAT('x', 50) FROM seq_1_to_100000;
CREATE DATABASE `quote's`; CREATE TABLE `quote's`.t (id int); INSERT INTO `quote's`.t VALUES (1);
CREATE USER 'a b'@'%' IDENTIFIED BY 'x''y'; GRANT SELECT (id), INSERT ON `odd ``db ü;`.parent TO 'a b'@'%';
GRANT EXECUTE ON PROCEDURE p1 TO 'a b'@'%' WITH GRANT OPTION;
CREATE ROLE r1; GRANT SELECT ON *.* TO r1; CREATE ROLE r2 WITH ADMIN r1; GRANT r1 TO 'a b'@'%';
SET DEFAULT ROLE r1 FOR 'a b'@'%';
CREATE USER un@localhost IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('q') REQUIRE SSL
    WITH MAX_QUERIES_PER_HOUR 5 ACCOUNT LOCK;
CREATE USER ''@localhost; CREATE USER 'é"`'@'10.%' IDENTIFIED BY 'q'; GRANT SELECT ON *.* TO PUBLIC;
CREATE USER exp@localhost IDENTIFIED BY 'a' PASSWORD EXPIRE INTERVAL 5 DAY;
