// Which language the page speaks: what was chosen, else what the browser prefers, else English.

import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { de } from './de.ts'
import { en, type Words } from './en.ts'

export const LANGUAGES = { en, de } as const satisfies Record<string, Words>
export type Language = keyof typeof LANGUAGES

const KEY = 'language'

type Spoken = { readonly language: Language; readonly words: Words; readonly choose: (language: Language) => void }

const Context = createContext<Spoken>({ language: 'en', words: en, choose: () => undefined })

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(preferred)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const choose = (chosen: Language) => {
    localStorage.setItem(KEY, chosen)
    setLanguage(chosen)
  }
  return <Context value={{ language, words: LANGUAGES[language], choose }}>{children}</Context>
}

export function useLanguage(): Spoken {
  return useContext(Context)
}

export function useWords(): Words {
  return useContext(Context).words
}

function preferred(): Language {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages.map((each) => each.slice(0, 2))]
  return wanted.find(isLanguage) ?? 'en'
}

function isLanguage(text: string | null): text is Language {
  return text !== null && Object.hasOwn(LANGUAGES, text)
}
