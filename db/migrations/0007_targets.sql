CREATE TABLE "targets" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"fingerprint" text NOT NULL,
	"form" text NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "targets_identity" UNIQUE("name","fingerprint")
);
--> statement-breakpoint
ALTER TABLE "acceptance_stats" DROP CONSTRAINT "acceptance_stats_key";--> statement-breakpoint
DROP INDEX "decisions_waiting";--> statement-breakpoint
DROP INDEX "draft_versions_live";--> statement-breakpoint
DROP INDEX "draft_versions_live_shared";--> statement-breakpoint
DROP INDEX "training_runs_open";--> statement-breakpoint
ALTER TABLE "acceptance_stats" ADD COLUMN "target_id" text;--> statement-breakpoint
ALTER TABLE "decisions" ADD COLUMN "target_id" text;--> statement-breakpoint
ALTER TABLE "draft_versions" ADD COLUMN "target_id" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "rollouts" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "training_runs" ADD COLUMN "target_id" text;--> statement-breakpoint
ALTER TABLE "acceptance_stats" ADD CONSTRAINT "acceptance_stats_target_id_targets_id_fk" FOREIGN KEY ("target_id") REFERENCES "public"."targets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_target_id_targets_id_fk" FOREIGN KEY ("target_id") REFERENCES "public"."targets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "draft_versions" ADD CONSTRAINT "draft_versions_target_id_targets_id_fk" FOREIGN KEY ("target_id") REFERENCES "public"."targets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_target_id_targets_id_fk" FOREIGN KEY ("target_id") REFERENCES "public"."targets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "decisions_waiting" ON "decisions" USING btree ("tenant_id","target_id","topic") WHERE not "decisions"."changes";--> statement-breakpoint
CREATE UNIQUE INDEX "draft_versions_live" ON "draft_versions" USING btree ("tenant_id","target_id") WHERE "draft_versions"."state" = 'live' and "draft_versions"."arm" = 'adaptive';--> statement-breakpoint
CREATE UNIQUE INDEX "draft_versions_live_shared" ON "draft_versions" USING btree ("arm","target_id") WHERE "draft_versions"."state" = 'live' and "draft_versions"."arm" = 'static';--> statement-breakpoint
CREATE UNIQUE INDEX "training_runs_open" ON "training_runs" USING btree ("tenant_id","target_id") WHERE "training_runs"."state" in ('queued', 'running');--> statement-breakpoint
ALTER TABLE "acceptance_stats" ADD CONSTRAINT "acceptance_stats_key" UNIQUE NULLS NOT DISTINCT("tenant_id","bucket","target_id","arm","draft_version","position");