// When something is final or payable: at the earliest, at the latest, and because of what. Bounds, never a guess.

import type { Result } from '../../../rpc/api.ts'
import { useWords } from '../language/language.tsx'
import { BlockLink } from './ids.tsx'
import { Moment, useMoment, useNow } from './time.tsx'

type FinalTime = NonNullable<Result<'bridge_block'>['finalTime']>

export function Bounds({ time }: { readonly time: FinalTime }) {
  const { time: words } = useWords()
  const now = useNow()
  const { earliest, latest, wrong, unjudged } = time
  return (
    <div className="bounds">
      {earliest <= now ? (
        <p>{words.due}</p>
      ) : (
        <p>
          <Moment at={earliest} /> {earliest === latest ? words.exactly : words.earliest}
        </p>
      )}
      {latest > now && latest !== earliest && (
        <p>
          <Moment at={latest} /> {words.latest}
        </p>
      )}
      <p className="faint">
        <Reason time={time} />{' '}
        {[...wrong, ...unjudged].map((id) => (
          <BlockLink key={id} id={id} />
        ))}
      </p>
      <p className="faint">{words.provided}</p>
    </div>
  )
}

function Reason({ time: { reason, rivalUntil = 0 } }: { readonly time: FinalTime }) {
  const { time: words } = useWords()
  const moment = useMoment()
  return reason === 'rival-possible' ? words.reason[reason](moment(rivalUntil)) : words.reason[reason]
}
