import { ApiError, type ErrorCode, parseBody } from '@foretoken/protocol'
import { idSchema } from '@foretoken/protocol/admin'
import type { Context } from 'hono'
import type { z } from 'zod'
import { readJson } from '../middleware/body.ts'

/** One operation beside inference: where it is, what it takes and gives, who may ask, and what it does. */
export interface Definition<
  Caller,
  Access extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** In OpenAPI's way: `/tenants/{tenant}`. Parameters are ids. */
  readonly path: string
  /** Of the operation in the OpenAPI document. */
  readonly name: string
  readonly summary: string
  readonly access: Access
  readonly query?: Query
  readonly body?: Body
  readonly answer: Answer
  /** 200 where absent. */
  readonly status?: 200 | 201
  /** Errors beside those that all operations have. */
  readonly fails?: readonly ErrorCode[]
  run(asked: Asked<Caller, z.output<Query>, z.output<Body>>): Promise<z.input<Answer>>
}

export interface Asked<Caller, Query, Body> {
  readonly caller: Caller
  readonly query: Query
  readonly body: Body
  /** An id of the path; one that can't be an id is one that there is not. */
  param(name: string): string
}

/** The same without the types of what goes in and out, so that operations fit into one table. */
export interface Operation<Caller, Access extends string = string>
  extends Omit<Definition<Caller, Access, z.ZodType, z.ZodType, z.ZodType>, 'run' | 'status'> {
  readonly status: 200 | 201
  respond(ctx: Context, caller: Caller): Promise<Response>
}

export function operation<
  Caller,
  Access extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
>({ run, ...definition }: Definition<Caller, Access, Query, Body, Answer>): Operation<Caller, Access> {
  const { query: querySchema, body: bodySchema, status = 200 } = definition
  return {
    ...definition,
    status,
    respond: async (ctx, caller) => {
      const asked = {
        caller,
        query: parsed(querySchema, ctx.req.query()),
        body: parsed(bodySchema, bodySchema && (await readJson(ctx, '{}'))),
        param: (name: string) => idOf(name, ctx.req.param(name)),
      }
      return ctx.json(await run(asked), status)
    },
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema | undefined, value: unknown): z.output<Schema> {
  // Without a schema nothing is read, and `run` can do nothing with what is unknown.
  return schema ? parseBody(schema, {}, value) : (undefined as z.output<Schema>)
}

function idOf(name: string, value: string | undefined): string {
  const id = idSchema.safeParse(value)
  if (!id.success) throw new ApiError('not_found', { values: { kind: name } })
  return id.data
}
