/** For simulations of the scheduler: a tenant as a shell around the policy keeps it. */
export { ADAPTER_BYTES, TenantRecord, type Traffic } from './scheduler/testing/tenant-record.ts'
