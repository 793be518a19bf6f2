CREATE TABLE "admin_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"secret_hmac" "bytea" NOT NULL,
	"shown_start" text NOT NULL,
	"last_four" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "admin_keys_role" CHECK ("admin_keys"."role" in ('owner', 'admin', 'billing', 'viewer'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "admin_keys_secret_hmac" ON "admin_keys" USING btree ("secret_hmac");