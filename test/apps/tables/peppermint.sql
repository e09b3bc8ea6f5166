-- Tables of Peppermint, as far as the recipe reads them, with its column types, and a ticket of before.
CREATE TYPE "TicketStatus" AS ENUM ('hold', 'needs_support', 'in_progress', 'in_review', 'done');
CREATE TABLE "Client" (id text PRIMARY KEY, name text NOT NULL);
INSERT INTO "Client" VALUES ('c1', 'Acme');
CREATE TABLE "User" (id text PRIMARY KEY, name text NOT NULL, external_user boolean NOT NULL DEFAULT false);
INSERT INTO "User" VALUES ('agent', 'Agent', false), ('customer', 'Customer', true);
CREATE TABLE "Ticket" (id text PRIMARY KEY, "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
	title text NOT NULL, "isComplete" boolean NOT NULL, priority text NOT NULL, status "TicketStatus" NOT NULL DEFAULT 'needs_support', hidden boolean NOT NULL DEFAULT false,
	"clientId" text);
CREATE TABLE "Comment" (id text PRIMARY KEY DEFAULT gen_random_uuid()::text, "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, text text NOT NULL,
	public boolean NOT NULL DEFAULT false, "userId" text, "ticketId" text NOT NULL REFERENCES "Ticket");
INSERT INTO "Ticket" (id, "createdAt", title, "isComplete", priority, "clientId") VALUES ('1', '2026-02-02 08:00', 'before', false, 'High', 'c1');
INSERT INTO "Comment" ("createdAt", text, public, "userId", "ticketId") VALUES ('2026-02-02 08:10', 'x', true, 'customer', '1'), ('2026-02-02 08:30', 'answer', true, 'agent', '1');
