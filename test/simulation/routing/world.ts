import type { RoutingWorld } from './simulate.ts'

/**
 * Assumptions, none of them measured: a request takes a second, and half a second more where its tenant is not hot;
 * workers are 70 % busy; a worker has one tenant in eight in memory. The popular tenant asks for more than one worker
 * can serve, as Zipf's law has it.
 */
export const ROUTING_WORLD: RoutingWorld = {
  seed: 1,
  workers: 8,
  sequences: 16,
  tenants: 2_000,
  requests: 60_000,
  utilisation: 0.7,
  serviceMs: 1_000,
  coldMs: 500,
  tenantsHotMax: 250,
}
