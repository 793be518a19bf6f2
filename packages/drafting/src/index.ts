/**
 * Arms that propose tokens, and the controller that picks among them.
 */
export * from './controller/index.ts'
export * from './cost/index.ts'
export * from './speculator.ts'
export * from './suffix/index.ts'
