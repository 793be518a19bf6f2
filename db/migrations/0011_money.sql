CREATE TABLE "accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"key_id" text,
	"requests_per_minute" integer,
	"tokens_per_minute" integer,
	"streams_max" integer,
	"day_nano_max" bigint,
	"month_nano_max" bigint,
	"requests_free_us" bigint DEFAULT 0 NOT NULL,
	"tokens_free_us" bigint DEFAULT 0 NOT NULL,
	"streams" integer DEFAULT 0 NOT NULL,
	"reserved_nano" bigint DEFAULT 0 NOT NULL,
	"day" date NOT NULL,
	"day_spent_nano" bigint DEFAULT 0 NOT NULL,
	"month" date NOT NULL,
	"month_spent_nano" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "accounts_id" CHECK ("accounts"."id" = coalesce("accounts"."key_id", "accounts"."tenant_id")),
	CONSTRAINT "accounts_rates" CHECK (least("accounts"."requests_per_minute", "accounts"."tokens_per_minute", "accounts"."streams_max") > 0),
	CONSTRAINT "accounts_budgets" CHECK (least("accounts"."day_nano_max", "accounts"."month_nano_max") >= 0),
	CONSTRAINT "accounts_state" CHECK ("accounts"."streams" >= 0 and "accounts"."reserved_nano" >= 0)
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"request_id" text NOT NULL,
	"attempt" smallint NOT NULL,
	"gateway_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"key_id" text NOT NULL,
	"granted_nano" bigint NOT NULL,
	"tokens" integer NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	CONSTRAINT "reservations_request_id_attempt_pk" PRIMARY KEY("request_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"tenant_id" text NOT NULL,
	"key_hash" "bytea" NOT NULL,
	"request_hash" "bytea" NOT NULL,
	"request_id" text NOT NULL,
	"seed" text NOT NULL,
	"attempt" smallint DEFAULT 1 NOT NULL,
	"gateway_id" text,
	"lease_until" timestamp with time zone,
	"status" integer,
	"content_type" text,
	"body" "bytea",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_tenant_id_key_hash_pk" PRIMARY KEY("tenant_id","key_hash")
);
--> statement-breakpoint
CREATE TABLE "billing_periods" (
	"period" text PRIMARY KEY NOT NULL,
	"closed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"watermark" bigint NOT NULL,
	CONSTRAINT "billing_periods_period" CHECK ("billing_periods"."period" ~ '^[0-9]{4}-(0[1-9]|1[0-2])$')
);
--> statement-breakpoint
CREATE TABLE "ledger" (
	"id" bigserial NOT NULL,
	"request_id" text NOT NULL,
	"revision" smallint NOT NULL,
	"tenant_id" text NOT NULL,
	"key_id" text NOT NULL,
	"model" text NOT NULL,
	"price_id" text,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone NOT NULL,
	"status" text NOT NULL,
	"input_tokens" integer NOT NULL,
	"cached_tokens" integer NOT NULL,
	"output_tokens" integer NOT NULL,
	"input_nano" bigint NOT NULL,
	"cached_nano" bigint NOT NULL,
	"output_nano" bigint NOT NULL,
	"total_nano" bigint NOT NULL,
	"arm" text,
	"draft_version" text,
	"draft_tokens" integer,
	"accepted_tokens" integer,
	"verification_steps" integer,
	"posted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_request_id_revision_pk" PRIMARY KEY("request_id","revision"),
	CONSTRAINT "ledger_total" CHECK ("ledger"."total_nano" = "ledger"."input_nano" + "ledger"."cached_nano" + "ledger"."output_nano"),
	CONSTRAINT "ledger_tokens" CHECK (least("ledger"."input_tokens", "ledger"."cached_tokens", "ledger"."output_tokens") >= 0)
);
--> statement-breakpoint
CREATE TABLE "prices" (
	"id" text PRIMARY KEY NOT NULL,
	"model" text NOT NULL,
	"currency" text NOT NULL,
	"input" bigint NOT NULL,
	"cached_input" bigint NOT NULL,
	"output" bigint NOT NULL,
	"batch_input" bigint NOT NULL,
	"batch_cached_input" bigint NOT NULL,
	"batch_output" bigint NOT NULL,
	"training" bigint NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "prices_model_valid_from" UNIQUE("model","valid_from"),
	CONSTRAINT "prices_currency" CHECK ("prices"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "prices_rates" CHECK (least("prices"."input", "prices"."cached_input", "prices"."output", "prices"."batch_input",
        "prices"."batch_cached_input", "prices"."batch_output", "prices"."training") >= 0)
);
--> statement-breakpoint
ALTER TABLE "open_requests" ADD COLUMN "attempt" smallint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "attempt" smallint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "draft_version" text;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_tenant_id_key_id_api_keys_tenant_id_id_fk" FOREIGN KEY ("tenant_id","key_id") REFERENCES "public"."api_keys"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger" ADD CONSTRAINT "ledger_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger" ADD CONSTRAINT "ledger_price_id_prices_id_fk" FOREIGN KEY ("price_id") REFERENCES "public"."prices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger" ADD CONSTRAINT "ledger_tenant_id_key_id_api_keys_tenant_id_id_fk" FOREIGN KEY ("tenant_id","key_id") REFERENCES "public"."api_keys"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_tenant_id" ON "accounts" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "reservations_lease_until" ON "reservations" USING btree ("lease_until");--> statement-breakpoint
CREATE INDEX "reservations_tenant_id" ON "reservations" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_expires_at" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_gateway_id" ON "idempotency_keys" USING btree ("gateway_id") WHERE "idempotency_keys"."gateway_id" is not null;--> statement-breakpoint
CREATE INDEX "ledger_id" ON "ledger" USING btree ("id");--> statement-breakpoint
CREATE INDEX "ledger_tenant_id_finished_at" ON "ledger" USING btree ("tenant_id","finished_at");--> statement-breakpoint
CREATE INDEX "ledger_finished_at" ON "ledger" USING btree ("finished_at");--> statement-breakpoint
-- by hand: what was posted stands, and so do prices
CREATE TRIGGER "ledger_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger" FOR EACH STATEMENT EXECUTE FUNCTION "foretoken_refuse_change"();--> statement-breakpoint
CREATE TRIGGER "prices_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "prices" FOR EACH STATEMENT EXECUTE FUNCTION "foretoken_refuse_change"();--> statement-breakpoint
-- by hand: gateways cache whether a key is bounded at all; its state changes with each request, and tells them nothing
CREATE TRIGGER "accounts_notify" AFTER INSERT OR UPDATE OF "requests_per_minute", "tokens_per_minute", "streams_max", "day_nano_max", "month_nano_max" ON "accounts" FOR EACH ROW EXECUTE FUNCTION "foretoken_notify_tenant"('tenant_id');--> statement-breakpoint
-- by hand: what was served before there were prices was free
INSERT INTO "ledger" ("request_id", "revision", "tenant_id", "key_id", "model", "started_at", "finished_at", "status",
	"input_tokens", "cached_tokens", "output_tokens", "input_nano", "cached_nano", "output_nano", "total_nano",
	"draft_tokens", "accepted_tokens", "verification_steps")
SELECT "id", CASE WHEN "error_code" = 'gateway_lost' THEN 1 ELSE 2 END, "tenant_id", "key_id", "model", "started_at",
	"finished_at", "status",
	CASE WHEN "status" = 'failed' AND "completion_tokens" = 0 THEN 0 ELSE "prompt_tokens" - "cached_tokens" END,
	CASE WHEN "status" = 'failed' AND "completion_tokens" = 0 THEN 0 ELSE "cached_tokens" END,
	"completion_tokens", 0, 0, 0, 0, "draft_tokens", "accepted_tokens", "verification_steps"
FROM "requests" ORDER BY "finished_at", "id";
