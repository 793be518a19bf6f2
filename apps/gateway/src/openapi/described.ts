import type { Operation } from '../endpoints/endpoint.ts'
import type { KeyScope } from '../store.ts'

/** What the document says of an operation. */
export interface Described extends Omit<Operation<never>, 'respond' | 'access'> {
  /** A scope of a tenant's key, a permission of an operator's role, or `none`: it needs no key. */
  readonly access: KeyScope | string
  /** Of each event, where the answer can be a stream. */
  readonly streamed?: Operation<never>['answer']
  /** The event that a whole stream ends with; absent: `[DONE]`. */
  readonly streamEnd?: string
  /** Another status with the same body. */
  readonly alsoStatus?: number
}
