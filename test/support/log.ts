// What parts under test log to: nothing, or standard error from the level on that TTX_TEST_LOG names.

import { createLogger, type Logger } from '../../node/log.ts'

const level = process.env['TTX_TEST_LOG']

export const log: Logger = createLogger({
  level: level === 'debug' || level === 'info' || level === 'warn' ? level : 'silent',
  json: false,
  colors: false,
})
