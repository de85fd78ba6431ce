// Verifies a completion webhook with the library that receivers use: the one argument is {headers, body (base64), secret} as JSON.
import { Webhook } from "standardwebhooks";

const { headers, body, secret } = JSON.parse(process.argv[2]);
try {
  const payload = new Webhook(secret).verify(Buffer.from(body, "base64").toString("utf8"), headers);
  process.stdout.write(JSON.stringify({ payload }));
} catch (error) {
  process.stdout.write(JSON.stringify({ refused: error.message }));
}
