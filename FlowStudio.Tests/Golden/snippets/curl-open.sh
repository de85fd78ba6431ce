curl -X POST \
  "https://flows.example.com/api/v1/webhook/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41" \
  -H 'Content-Type: application/json' \
  -d '{"text": "it'\''s $HOME"}'
