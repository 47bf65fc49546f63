/** A REST request that Twilio refuses. */
export type RestFailure = { readonly status: number; readonly code: number; readonly message: string }

/** What the fake says for each code; the numbers are Twilio's. */
const MESSAGES: Readonly<Record<number, readonly [status: number, message: string]>> = {
  10004: [429, 'Call concurrency limit exceeded'],
  20001: [400, 'Unknown parameter value'],
  20003: [401, 'Authenticate'],
  20004: [405, 'Method not allowed'],
  20404: [404, 'The requested resource was not found'],
  20429: [429, 'Too many requests'],
  20500: [500, 'Internal server error'],
  20503: [503, 'Service unavailable'],
  21201: [400, "No 'To' number is specified"],
  21205: [400, 'Url is not a valid URL'],
  21210: [400, "The 'From' number is not owned by or verified for your account"],
  21211: [400, "The 'To' number is not a valid phone number"],
  21212: [400, "The 'From' number is not a valid phone number"],
  21213: [400, "No 'From' number is specified"],
  21214: [400, "The 'To' number cannot be reached"],
  21215: [400, "Account is not authorized to call the 'To' number"],
  21216: [400, "Account is not allowed to call the 'To' number"],
  21217: [400, "The 'To' number does not appear to be a phone number"],
  21218: [400, 'Invalid ApplicationSid'],
  21219: [400, "The 'To' number is not verified; trial accounts may only call verified numbers"],
  21220: [400, 'Call is not in-progress. Cannot redirect'],
  21408: [400, "Permission to send an SMS has not been enabled for the region of the 'To' number"],
  21602: [400, 'Message body is required'],
  21603: [400, "A 'From' number is required"],
  21604: [400, "A 'To' number is required"],
  21606: [400, "The 'From' number is not a message-capable number of your account"],
  21608: [400, "The 'To' number is unverified; trial accounts cannot send messages to it"],
  21610: [400, 'Attempt to send to a recipient who has opted out'],
  21611: [400, "The queue of the 'From' number is full"],
  21612: [400, "The 'To' number is not reachable from this 'From' number"],
  21614: [400, "The 'To' number is not a mobile number"],
  21617: [400, 'The message body exceeds the 1600 character limit'],
  21701: [400, 'The Messaging Service does not exist'],
  32018: [400, 'Twiml is longer than 4000 characters'],
}

/**
 * The refusal with a code of Twilio's; a code that is not in the table is answered with HTTP 400.
 * Source: Twilio, "Error and warning dictionary"
 */
export function refusal(code: number): RestFailure {
  const [status, message] = MESSAGES[code] ?? [400, `Request refused with ${code}`]
  return { status, code, message }
}
