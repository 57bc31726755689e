// Child process of the test runner: runs the given Solidity test files with Hardhat and sends the counts to its parent.
import hre from 'hardhat'
import { z } from 'zod'

// Counted from the single results: the ready-made summary of hardhat 3.18 is all zeros when testSummaryIndex is 0.
const outcomeSchema = z.object({
  suiteResults: z.array(
    z.object({ testResults: z.array(z.object({ status: z.enum(['Success', 'Failure', 'Skipped']) })) }),
  ),
})
const resultSchema = z.discriminatedUnion('success', [
  z.object({ success: z.literal(true), value: outcomeSchema }),
  z.object({ success: z.literal(false), error: outcomeSchema }),
])

const task = hre.tasks.getTask(['test', 'solidity'])
const result = resultSchema.parse(await task.run({ testFiles: process.argv.slice(2) }))
const { suiteResults } = result.success ? result.value : result.error
const statuses = suiteResults.flatMap(({ testResults }) => testResults.map(({ status }) => status))

process.exitCode = result.success ? 0 : 1
process.send?.({ passed: count('Success'), failed: count('Failure'), skipped: count('Skipped') })
process.disconnect?.()

function count(status: 'Success' | 'Failure' | 'Skipped'): number {
  return statuses.filter((each) => each === status).length
}
