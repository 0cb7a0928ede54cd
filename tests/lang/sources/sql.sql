-- Customers and orders.
CREATE TABLE IF NOT EXISTS shop.customers (
    id SERIAL PRIMARY KEY,
    name TEXT NOT NULL
);

/* Open orders. */
CREATE OR REPLACE VIEW open_orders AS
SELECT * FROM orders WHERE closed IS NULL;

CREATE MATERIALIZED VIEW totals AS SELECT 1;

CREATE UNIQUE INDEX idx_name ON customers (name);

-- Sums an order.
CREATE OR REPLACE FUNCTION order_total(order_id INT) RETURNS NUMERIC AS $$
BEGIN
    RETURN (SELECT SUM(price) FROM lines WHERE lines.order_id = order_id);
END;
$$ LANGUAGE plpgsql;

CREATE PROCEDURE archive(days INT)
LANGUAGE SQL
AS $$ DELETE FROM orders; $$;

CREATE TRIGGER audit AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION log_it();
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE SEQUENCE serial_no;
CREATE SCHEMA shop;
INSERT INTO orders VALUES (1);
ALTER TABLE orders ADD COLUMN x INT;
