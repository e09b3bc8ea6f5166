-- The table of tickets of GLPI 10, as far as the recipe reads it, as a copy in PostgreSQL has it, and a ticket of before.
CREATE TABLE glpi_tickets (id serial PRIMARY KEY, name varchar(255), date timestamp, closedate timestamp, solvedate timestamp, takeintoaccountdate timestamp, date_mod timestamp,
	status int NOT NULL DEFAULT 1, urgency int NOT NULL DEFAULT 1, impact int NOT NULL DEFAULT 1, slas_id_ttr int NOT NULL DEFAULT 0, is_deleted smallint NOT NULL DEFAULT 0);
INSERT INTO glpi_tickets (name, date, solvedate, takeintoaccountdate, date_mod, status, urgency, impact, slas_id_ttr) VALUES
	('before', '2026-02-02 09:00', '2026-02-03 09:00', '2026-02-02 09:30', '2026-02-06 09:00', 6, 5, 4, 1);
