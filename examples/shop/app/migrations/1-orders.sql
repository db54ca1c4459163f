CREATE TABLE orders (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what text NOT NULL,
    placed timestamptz NOT NULL DEFAULT now(),
    packed timestamptz
);
CREATE TABLE queue (number bigint PRIMARY KEY REFERENCES orders);
