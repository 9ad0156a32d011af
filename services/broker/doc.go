// Package broker owns the way to NATS: the embedded server, the connection, and the proof that a stream and its servers
// are set so that an acknowledged message is safe. It knows nothing of what the messages say.
package broker
