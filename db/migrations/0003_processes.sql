CREATE TABLE "processes" (
	"id" text PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"state" text NOT NULL,
	"url" text,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"details" jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	CONSTRAINT "processes_role" CHECK ("processes"."role" in ('gateway', 'worker', 'trainer', 'scheduler')),
	CONSTRAINT "processes_state" CHECK ("processes"."state" in ('ready', 'draining'))
);
--> statement-breakpoint
CREATE INDEX "processes_lease_until" ON "processes" USING btree ("lease_until");