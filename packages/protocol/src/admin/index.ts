/**
 * Bodies and answers of `/admin/v1`, in OpenAI's ways: `object`, lists with `has_more`, snake case; times are ISO 8601.
 */
export * from './drafts.ts'
export * from './keys.ts'
export * from './list.ts'
export * from './operations.ts'
export * from './tenants.ts'
