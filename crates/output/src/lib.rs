//! Events and where they go: console, EVE, packet logs
