import type { Context, Hono, MiddlewareHandler } from 'hono'
import { methodNotAllowed } from '../middleware/errors.ts'
import type { GatewayEnv } from '../services.ts'
import type { Operation } from './endpoint.ts'

interface Mounting<Caller, Access extends string> {
  readonly prefix: string
  readonly operations: readonly Operation<Caller, Access>[]
  /** Who asks, if they may; throws otherwise. Runs before anything of the body is read. */
  identify(ctx: Context<GatewayEnv>, access: Access): Promise<Caller>
  readonly body: MiddlewareHandler
}

/** Adds operations to the routes, and what each path answers to other methods. */
export function mount<Caller, Access extends string>(app: Hono<GatewayEnv>, mounting: Mounting<Caller, Access>): void {
  const { prefix, operations, identify, body } = mounting
  const methods = new Map<string, string[]>()
  for (const operation of operations) {
    const path = prefix + operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const method = operation.method.toUpperCase()
    methods.set(path, [...(methods.get(path) ?? []), method])
    app.on(method, path, async (ctx) => {
      const caller = await identify(ctx, operation.access)
      let answer: Response | undefined
      const refused = await body(ctx, async () => {
        answer = await operation.respond(ctx, caller)
      })
      return answer ?? refused ?? ctx.notFound()
    })
  }
  for (const [path, allowed] of methods) app.all(path, methodNotAllowed(allowed))
}
