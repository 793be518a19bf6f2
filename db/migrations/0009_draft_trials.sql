CREATE TABLE "draft_trials" (
	"draft_id" text PRIMARY KEY NOT NULL,
	"judged_until" text,
	"ordered_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"trainer" text,
	"heartbeat_at" timestamp with time zone,
	CONSTRAINT "draft_trials_lease" CHECK ("draft_trials"."trainer" is null or ("draft_trials"."ordered_at" is not null and "draft_trials"."heartbeat_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "trial_witnesses" (
	"draft_id" text NOT NULL,
	"stage" text NOT NULL,
	"rival" text NOT NULL,
	"request" text NOT NULL,
	"rival_tokens" double precision NOT NULL,
	"rival_ms" double precision NOT NULL,
	"candidate_tokens" double precision NOT NULL,
	"candidate_ms" double precision NOT NULL,
	CONSTRAINT "trial_witnesses_draft_id_stage_rival_request_pk" PRIMARY KEY("draft_id","stage","rival","request"),
	CONSTRAINT "trial_witnesses_stage" CHECK ("trial_witnesses"."stage" in ('shadow', 'canary'))
);
--> statement-breakpoint
ALTER TABLE "draft_trials" ADD CONSTRAINT "draft_trials_draft_id_draft_versions_id_fk" FOREIGN KEY ("draft_id") REFERENCES "public"."draft_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "trial_witnesses" ADD CONSTRAINT "trial_witnesses_draft_id_draft_trials_draft_id_fk" FOREIGN KEY ("draft_id") REFERENCES "public"."draft_trials"("draft_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "draft_trials_ordered" ON "draft_trials" USING btree ("ordered_at") WHERE "draft_trials"."ordered_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "draft_versions_trial" ON "draft_versions" USING btree ("tenant_id","target_id") WHERE "draft_versions"."state" in ('shadow', 'canary');--> statement-breakpoint
CREATE INDEX "draft_versions_serving" ON "draft_versions" USING btree ("tenant_id") WHERE "draft_versions"."state" in ('live', 'canary');