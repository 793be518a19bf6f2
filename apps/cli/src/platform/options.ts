/** What a platform on this machine is made of. Everything has a default but the port and the data folder. */
export interface PlatformOptions {
  readonly dataFolder: string
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Folders, or names of imported models; none: the reference target. */
  readonly models: readonly string[]
  readonly weights: 'fp32' | 'int8' | 'int4'
  readonly device: string
  readonly threads: number | undefined
  /** Of each model. */
  readonly workers: number
  /** Absent: one. They listen on the port and those behind it. */
  readonly gateways?: number
  /** Share of a worker's cache memory for prefixes of earlier requests; absent: the environment's or the worker's. */
  readonly prefixCacheShare?: number
  /** Absent: an embedded PostgreSQL in the data folder. */
  readonly databaseUrl: string | undefined
  /** Where jobs are queued; absent: in the database. */
  readonly queueUrl?: string | undefined
  /** Where adapters and traces are kept; absent: in the data folder. */
  readonly objectStore: string | undefined
  /**
   * Folders of static drafts, each for one of the models; for others the one that was trained for it in the data folder,
   * else the one that ships, if any.
   */
  readonly drafts: readonly string[]
  /** Whether drafts are taught beside serving. */
  readonly trainer: boolean
  /** So many new tokens of a tenant start a run; absent: as many as the environment or the trainer says. */
  readonly trainAfterTokens?: number
  readonly tls: { readonly certificate: string; readonly key: string } | undefined
  readonly logLevel: string
}
