CREATE TABLE "acceptance_stats" (
	"tenant_id" text NOT NULL,
	"arm" text NOT NULL,
	"draft_version" text,
	"position" smallint NOT NULL,
	"bucket" timestamp with time zone NOT NULL,
	"steps" bigint NOT NULL,
	"committed" bigint NOT NULL,
	"proposed" bigint NOT NULL,
	"accepted" bigint NOT NULL,
	CONSTRAINT "acceptance_stats_key" UNIQUE NULLS NOT DISTINCT("tenant_id","bucket","arm","draft_version","position"),
	CONSTRAINT "acceptance_stats_counts" CHECK ("acceptance_stats"."accepted" <= "acceptance_stats"."proposed")
);
--> statement-breakpoint
CREATE TABLE "draft_versions" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text,
	"arm" text NOT NULL,
	"version" integer NOT NULL,
	"content_hash" text NOT NULL,
	"parent_id" text,
	"state" text DEFAULT 'candidate' NOT NULL,
	"artifact_uri" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "draft_versions_lineage" UNIQUE NULLS NOT DISTINCT("tenant_id","arm","version"),
	CONSTRAINT "draft_versions_owner" CHECK (("draft_versions"."arm" = 'static') = ("draft_versions"."tenant_id" is null)),
	CONSTRAINT "draft_versions_state" CHECK ("draft_versions"."state" in ('candidate', 'shadow', 'canary', 'live', 'retired', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"secret_hmac" "bytea" NOT NULL,
	"shown_start" text NOT NULL,
	"last_four" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "api_keys_tenant_id_id" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"key_id" text NOT NULL,
	"model" text NOT NULL,
	"endpoint" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone NOT NULL,
	"prompt_tokens" integer NOT NULL,
	"cached_tokens" integer NOT NULL,
	"completion_tokens" integer NOT NULL,
	"status" text NOT NULL,
	"error_code" text,
	"stream" boolean NOT NULL,
	"verification_steps" integer,
	"draft_tokens" integer,
	"accepted_tokens" integer,
	"lookahead_max" integer,
	"acceptance_histogram" integer[],
	"arm_steps" jsonb,
	CONSTRAINT "requests_endpoint" CHECK ("requests"."endpoint" in ('chat.completions', 'completions')),
	CONSTRAINT "requests_status" CHECK ("requests"."status" in ('completed', 'cancelled', 'failed')),
	CONSTRAINT "requests_tokens" CHECK ("requests"."prompt_tokens" >= 0 and "requests"."completion_tokens" >= 0
        and "requests"."cached_tokens" between 0 and "requests"."prompt_tokens")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "tenants_name_unique" UNIQUE("name"),
	CONSTRAINT "tenants_status" CHECK ("tenants"."status" in ('active', 'revoked'))
);
--> statement-breakpoint
ALTER TABLE "acceptance_stats" ADD CONSTRAINT "acceptance_stats_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "draft_versions" ADD CONSTRAINT "draft_versions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "draft_versions" ADD CONSTRAINT "draft_versions_parent_id_draft_versions_id_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."draft_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_tenant_id_key_id_api_keys_tenant_id_id_fk" FOREIGN KEY ("tenant_id","key_id") REFERENCES "public"."api_keys"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_secret_hmac" ON "api_keys" USING btree ("secret_hmac");--> statement-breakpoint
CREATE INDEX "requests_tenant_id_finished_at" ON "requests" USING btree ("tenant_id","finished_at");