import {
  type AdminRole,
  createAdminKey,
  createApiKey,
  createTenant,
  type Database,
  type KeyScope,
  openDatabase,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import type { ScriptedWorkerOptions } from '@foretoken/protocol/testing'
import type { Limits } from '../config.ts'
import { postgresStore } from '../store.ts'
import { Harness } from './harness.ts'

const pepper = Buffer.alloc(32, 9)

interface ManagedOptions {
  readonly workers?: readonly ScriptedWorkerOptions[]
  readonly limits?: Partial<Limits>
}

/** A gateway on a real database, with an operator's credential of each role. */
export class Managed {
  private constructor(
    readonly gateway: Harness,
    readonly db: Database,
    readonly secrets: Readonly<Record<AdminRole, string>>,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start({ limits, ...options }: ManagedOptions = {}): Promise<Managed> {
    const { url, drop } = await temporaryDatabase()
    const db = openDatabase(url)
    const secretOf = async (role: AdminRole) => (await createAdminKey(db, pepper, { name: role, role })).secret
    const secrets = {
      owner: await secretOf('owner'),
      admin: await secretOf('admin'),
      billing: await secretOf('billing'),
      viewer: await secretOf('viewer'),
    }
    const store = postgresStore(db, pepper)
    // No answer about a key is trusted: what a test changes counts at once.
    const bounds = { keyCacheMs: 0, adminAttemptsMax: 1_000_000, ...limits }
    const gateway = await Harness.start({ ...options, store, limits: bounds, management: { db, pepper } })
    return new Managed(gateway, db, secrets, drop)
  }

  get url(): string {
    return this.gateway.url
  }

  /** A call of `/admin/v1`. */
  ask(method: string, path: string, body?: unknown, role: AdminRole = 'owner'): Promise<Response> {
    return this.call(this.secrets[role], method, `/admin/v1${path}`, body)
  }

  call(secret: string, method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${secret}` }
    return fetch(this.url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  }

  async tenant(name: string): Promise<string> {
    const created = await createTenant(this.db, name)
    if (!created.ok) throw new Error('name taken')
    return created.tenant.id
  }

  /** Of a tenant; returns its secret. */
  async key(tenantId: string, scopes: readonly KeyScope[] = ['inference']): Promise<{ id: string; secret: string }> {
    return createApiKey(this.db, pepper, { tenantId, name: 'test', scopes })
  }

  async close(): Promise<void> {
    await this.gateway.close()
    await this.db.close()
    await this.drop()
  }
}
