CREATE TABLE "stored_responses" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"previous_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"bytes" integer NOT NULL,
	"input" json NOT NULL,
	"response" json NOT NULL
);
--> statement-breakpoint
ALTER TABLE "requests" DROP CONSTRAINT "requests_endpoint";--> statement-breakpoint
ALTER TABLE "stored_responses" ADD CONSTRAINT "stored_responses_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stored_responses_tenant" ON "stored_responses" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "stored_responses_expires_at" ON "stored_responses" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_endpoint" CHECK ("requests"."endpoint" in ('chat.completions', 'completions', 'responses'));