// Light or dark: as the system has it, unless somebody chose.

import { useEffect, useState } from 'react'
import { useWords } from '../language/language.tsx'

const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

const KEY = 'theme'

export function ThemePicker() {
  const { nav } = useWords()
  const [theme, setTheme] = useState(kept)
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
  }, [theme])
  const choose = (text: string) => {
    const chosen = THEMES.find((each) => each === text) ?? 'system'
    localStorage.setItem(KEY, chosen)
    setTheme(chosen)
  }
  return (
    <label>
      {nav.theme}{' '}
      <select value={theme} onChange={({ target }) => choose(target.value)}>
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {nav.themes[each]}
          </option>
        ))}
      </select>
    </label>
  )
}

function kept(): Theme {
  return THEMES.find((each) => each === localStorage.getItem(KEY)) ?? 'system'
}
