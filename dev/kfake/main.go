// kfake runs franz-go's in-process broker as a process: three brokers on loopback, which listen on
// the ports that are its arguments, or on free ones. It prints their addresses on one line, and
// ends when its standard input does.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "kfake:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	options := []kfake.Opt{kfake.NumBrokers(3)}
	if len(args) > 0 {
		ports := make([]int, len(args))
		for i, arg := range args {
			port, err := strconv.Atoi(arg)
			if err != nil {
				return fmt.Errorf("not a port: %q", arg)
			}
			ports[i] = port
		}
		options = []kfake.Opt{kfake.Ports(ports...)}
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return err
	}
	defer cluster.Close()
	fmt.Println(strings.Join(cluster.ListenAddrs(), ","))
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
