CREATE TABLE "acceptance_batches" (
	"id" text PRIMARY KEY NOT NULL,
	"written_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "acceptance_batches_written_at" ON "acceptance_batches" USING btree ("written_at");