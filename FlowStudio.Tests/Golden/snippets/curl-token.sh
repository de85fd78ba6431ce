curl -X POST \
  "http://localhost:7860/api/v1/webhook/order-updates" \
  -H 'Content-Type: application/json' \
  -H 'X-Webhook-Token: wht_7QmExample' \
  -d '{"order": {"id": 4711}, "customer": {"name": "Ada"}, "payment": {"status": "paid"}}'
