// Written by CanvasContractsTests: what CanvasContracts.cs serialises to. The compiler checks it against types.ts, check.mjs against the checks there.
import type { FromCanvas, ToCanvas } from "./types";

export const messagesToCanvas = [
{
  "type": "graph",
  "nodes": [
    {
      "id": "webhook",
      "title": "Webhook",
      "kind": "start",
      "icon": "component-Webhook",
      "known": true,
      "x": 40,
      "y": 120.5,
      "settings": [
        {
          "label": "endpoint",
          "value": "order-updates"
        }
      ],
      "inputs": [],
      "outputs": [
        {
          "name": "data",
          "label": "Data",
          "type": "data"
        }
      ]
    },
    {
      "id": "old",
      "title": "Some \"old\" thing\n",
      "kind": "shape",
      "icon": "puzzle",
      "known": false,
      "x": -10,
      "y": 0,
      "settings": [],
      "inputs": [
        {
          "name": "in-Message",
          "label": "Message",
          "type": "message"
        },
        {
          "name": "in-Data",
          "label": "Data",
          "type": "data"
        },
        {
          "name": "in-Table",
          "label": "Table",
          "type": "table"
        },
        {
          "name": "in-Number",
          "label": "Number",
          "type": "number"
        },
        {
          "name": "in-Boolean",
          "label": "Boolean",
          "type": "boolean"
        },
        {
          "name": "in-Model",
          "label": "Model",
          "type": "model"
        },
        {
          "name": "in-Tool",
          "label": "Tool",
          "type": "tool"
        },
        {
          "name": "in-Any",
          "label": "Any",
          "type": "any"
        }
      ],
      "outputs": []
    }
  ],
  "notes": [
    {
      "id": "note",
      "x": 0,
      "y": 0,
      "width": 340,
      "height": 74,
      "text": "# Order updates\nSchöne Grüße"
    }
  ],
  "edges": [
    {
      "id": "e1",
      "source": "webhook",
      "sourcePort": "data",
      "target": "old",
      "targetPort": "in-Data",
      "type": "data"
    }
  ],
  "viewport": {
    "x": 0,
    "y": 0,
    "zoom": 1
  }
},
{
  "type": "graph",
  "nodes": [
    {
      "id": "Start",
      "title": "Start",
      "kind": "start",
      "icon": "globe",
      "known": true,
      "x": 0,
      "y": 0,
      "settings": [],
      "inputs": [],
      "outputs": []
    },
    {
      "id": "Shape",
      "title": "Shape",
      "kind": "shape",
      "icon": "globe",
      "known": true,
      "x": 0,
      "y": 0,
      "settings": [],
      "inputs": [],
      "outputs": []
    },
    {
      "id": "Models",
      "title": "Models",
      "kind": "models",
      "icon": "globe",
      "known": true,
      "x": 0,
      "y": 0,
      "settings": [],
      "inputs": [],
      "outputs": []
    },
    {
      "id": "Route",
      "title": "Route",
      "kind": "route",
      "icon": "globe",
      "known": true,
      "x": 0,
      "y": 0,
      "settings": [],
      "inputs": [],
      "outputs": []
    },
    {
      "id": "Data",
      "title": "Data",
      "kind": "data",
      "icon": "globe",
      "known": true,
      "x": 0,
      "y": 0,
      "settings": [],
      "inputs": [],
      "outputs": []
    },
    {
      "id": "Out",
      "title": "Out",
      "kind": "out",
      "icon": "globe",
      "known": true,
      "x": 0,
      "y": 0,
      "settings": [],
      "inputs": [],
      "outputs": []
    }
  ],
  "notes": [],
  "edges": [],
  "viewport": null
},
{
  "type": "runState",
  "replace": true,
  "states": [
    {
      "nodeId": "n0",
      "status": "pending",
      "durationMs": null,
      "message": null
    },
    {
      "nodeId": "n1",
      "status": "running",
      "durationMs": 1.5,
      "message": null
    },
    {
      "nodeId": "n2",
      "status": "waiting",
      "durationMs": 3,
      "message": null
    },
    {
      "nodeId": "n3",
      "status": "succeeded",
      "durationMs": 4.5,
      "message": null
    },
    {
      "nodeId": "n4",
      "status": "failed",
      "durationMs": 6,
      "message": "No answer."
    },
    {
      "nodeId": "n5",
      "status": "skipped",
      "durationMs": 7.5,
      "message": null
    }
  ]
},
{
  "type": "select",
  "nodeId": "webhook"
},
{
  "type": "select",
  "nodeId": null
},
{
  "type": "fit"
},
] satisfies ToCanvas[];

export const messagesFromCanvas = [
{
  "type": "ready"
},
{
  "type": "nodeSelected",
  "nodeId": "webhook",
  "show": "settings"
},
{
  "type": "nodeSelected",
  "nodeId": null,
  "show": "output"
},
{
  "type": "error",
  "message": "It broke.",
  "detail": "TypeError"
},
{
  "type": "error",
  "message": "It broke.",
  "detail": null
},
] satisfies FromCanvas[];
