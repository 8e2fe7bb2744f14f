"""What parameters and fields of the API mean, where their route does not say it. One name means one thing."""

MEANINGS = {
    # which, and how many
    "limit": "How many at most.",
    "after": "The `next` of the page before; empty: the first page.",
    "all": "All that wait, a thousand at a time.",
    "offset": "Where it lies in the topic.",
    "offsets": "Dead letters by offset.",
    # whom and what
    "name": "A map by its name, or a customer by an id such as `user:42`.",
    "number": "The number of an alert.",
    "key_id": "The `id` of a key, as `GET /v1/keys` shows it.",
    "map": "Only of this map.",
    "version": "Which version of the map; by default the newest.",
    "step": "Only customers who stand at this step.",
    "state": "Only journeys in this state: open, completed, reached, lost.",
    "stall": "Only customers who wait too long: any, stalled, beyond; or cruising.",
    "order": "By number, or the longest waiting first.",
    "owner": "Only what this owner looks after.",
    "customer": "Only of this customer: its number, or an id such as `user:42`.",
    "rule": "Only what this rule warned of: stall, prerequisite_skipped, failed.",
    "severity": "Only of these severities, joined by commas: low, medium, high, critical.",
    "status": "Only in these statuses, joined by commas.",
    "format": "JSON, or CSV for spreadsheets.",
    "last-event-id": "The id of the last event that was heard; what came after it is told first.",
    "channel": "Which channel: slack, mail, webhook; by default all.",
    "every": "How long a period is.",
    # acts
    "by": "Who does it.",
    "reason": "Why.",
    "until": "Until when, RFC 3339.",
    # keys
    "scope": "What the key may do: write sends touchpoints, read asks, admin asks and changes.",
    "source": "The name under which its touchpoints are stored.",
    "ids": "Ids as `kind:value`.",
    # of an event
    "type": "What kind of event it is.",
    "userId": "Who, as an identified user.",
    "anonymousId": "Who, as a device or visit.",
    "properties": "What else is known of it.",
    "traits": "What is known of the customer.",
    "context": "What is known of the circumstances.",
    "batch": "Events, each as `POST /v1/track` and the others take them.",
    "sentAt": "The time of the client's clock when it sent: a wrong clock is corrected by it.",
    "writeKey": "The key, where no header can be sent.",
}
