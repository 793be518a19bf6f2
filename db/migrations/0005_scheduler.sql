CREATE TABLE "decisions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"topic" text NOT NULL,
	"kind" text NOT NULL,
	"changes" boolean NOT NULL,
	"value" double precision NOT NULL,
	"inputs" jsonb NOT NULL,
	"alternatives" jsonb NOT NULL,
	"reason" text NOT NULL,
	"decided_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"epoch" bigint NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "plan" text DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "held" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "decisions_tenant" ON "decisions" USING btree ("tenant_id","decided_at");--> statement-breakpoint
CREATE UNIQUE INDEX "decisions_waiting" ON "decisions" USING btree ("tenant_id","topic") WHERE not "decisions"."changes";--> statement-breakpoint
CREATE INDEX "acceptance_stats_bucket" ON "acceptance_stats" USING btree ("bucket");--> statement-breakpoint
CREATE INDEX "requests_finished_at" ON "requests" USING btree ("finished_at");