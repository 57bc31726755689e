// Loaded before each test file. node:test follows every promise of a test by async_hooks, so that what is thrown after a test's end is
// blamed on the right one: a quarter of the CPU time of a test that runs a node. Without it such an error is blamed on the file.

import hooks from 'node:async_hooks'

const { createHook } = hooks
hooks.createHook = (options) => createHook({ ...options, trackPromises: false })
