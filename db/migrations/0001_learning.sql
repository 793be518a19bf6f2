CREATE TABLE "training_runs" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"trigger" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"trainer" text,
	"heartbeat_at" timestamp with time zone,
	"phase" text,
	"progress" real,
	"tokens" integer DEFAULT 0 NOT NULL,
	"traces_until" text,
	"baseline" jsonb,
	"candidate" jsonb,
	"draft_id" text,
	"reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "training_runs_state" CHECK ("training_runs"."state" in ('queued', 'running', 'promoted', 'rejected', 'failed', 'skipped')),
	CONSTRAINT "training_runs_trigger" CHECK ("training_runs"."trigger" in ('tokens', 'ordered')),
	CONSTRAINT "training_runs_lease" CHECK ("training_runs"."state" <> 'running' or ("training_runs"."trainer" is not null and "training_runs"."heartbeat_at" is not null)),
	CONSTRAINT "training_runs_end" CHECK (("training_runs"."finished_at" is null) = ("training_runs"."state" in ('queued', 'running')))
);
--> statement-breakpoint
ALTER TABLE "draft_versions" ADD COLUMN "changed_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "draft_versions" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "draft_versions" ADD COLUMN "artifact_deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "learning" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "forgotten_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_draft_id_draft_versions_id_fk" FOREIGN KEY ("draft_id") REFERENCES "public"."draft_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "training_runs_open" ON "training_runs" USING btree ("tenant_id") WHERE "training_runs"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "training_runs_claim" ON "training_runs" USING btree ("created_at") WHERE "training_runs"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "training_runs_tenant" ON "training_runs" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "draft_versions_live" ON "draft_versions" USING btree ("tenant_id") WHERE "draft_versions"."state" = 'live' and "draft_versions"."arm" = 'adaptive';--> statement-breakpoint
CREATE UNIQUE INDEX "draft_versions_live_shared" ON "draft_versions" USING btree ("arm") WHERE "draft_versions"."state" = 'live' and "draft_versions"."arm" = 'static';