// Command hello-go answers every request with a greeting.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

// greeting returns the text for a name; an empty name greets the world.
func greeting(name string) string {
	if name == "" {
		name = "World"
	}
	return fmt.Sprintf("Hello, %s!\n", name)
}

func handler(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, greeting(name))
	}
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	log.Printf("listening on port %s", port)
	log.Fatal(http.ListenAndServe(":"+port, handler(os.Getenv("NAME"))))
}
