CREATE TABLE "open_requests" (
	"id" text PRIMARY KEY NOT NULL,
	"gateway_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"key_id" text NOT NULL,
	"model" text NOT NULL,
	"endpoint" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"prompt_tokens" integer NOT NULL,
	"cached_tokens" integer NOT NULL,
	"completion_tokens" integer NOT NULL,
	"stream" boolean NOT NULL
);
--> statement-breakpoint
ALTER TABLE "open_requests" ADD CONSTRAINT "open_requests_tenant_id_key_id_api_keys_tenant_id_id_fk" FOREIGN KEY ("tenant_id","key_id") REFERENCES "public"."api_keys"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "open_requests_gateway" ON "open_requests" USING btree ("gateway_id");