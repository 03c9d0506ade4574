// Whether somebody came, in words, and what that rests on.
import type { Booking, Slot } from '../../api/shapes'
import { clock } from '../../i18n/format'
import { t } from '../../i18n/text.svelte'

type Told = Pick<Booking, 'verdict' | 'evidence' | 'check_in' | 'checked_in_at'>

/** What was found; empty as long as nobody has looked. */
export function presence(booking: Told, zone: string): string {
  switch (booking.verdict) {
    case 'absent':
      return t('verdict.absent')
    case 'unknown':
      return t('verdict.unknown')
    case 'arrived':
      return booking.check_in && booking.checked_in_at ? t(`verdict.${booking.check_in}`, { time: clock(Date.parse(booking.checked_in_at), zone) }) : t('verdict.arrived')
  }
  return ''
}

/** Why it was found, where somebody may ask. */
export function evidence({ verdict, evidence: found, check_in }: Told): string {
  if (!found || !verdict || verdict === 'arrived') return ''
  if (found.down) return t('evidence.down')
  if (verdict === 'absent') return t(check_in === 'qr' ? 'evidence.qr' : 'evidence.none', { n: found.grace_minutes })
  return t('evidence.some', { n: found.grace_minutes, seen: found.seen_minutes })
}

/** Whether whoever has the station now is there, for those who may know who it is. */
export function there(slot: Slot): string {
  if (!slot.purpose || slot.purpose === 'class' || slot.status !== 'confirmed') return ''
  if (slot.stranger) return t('there.stranger')
  if (slot.verdict === 'arrived') return t('there.yes')
  return slot.verdict === 'unknown' ? '' : t('there.no')
}
