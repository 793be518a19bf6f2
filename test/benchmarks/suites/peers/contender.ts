/** One greedy request of a tenant. */
export interface PeerRequest {
  readonly domain: string
  readonly prompt: readonly number[]
}

/** A server in one configuration. */
export interface Contender {
  readonly name: string
  /** Resolves to the completion's tokens, the closing one included. As many calls may run at once as its batch holds. */
  complete(request: PeerRequest): Promise<readonly number[]>
}

/** What a configuration made of one request, or of one round of requests at once. */
export interface Timed {
  readonly tokens: readonly number[]
  readonly ms: number
}
