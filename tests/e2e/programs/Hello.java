import java.nio.file.*;

public class Hello {
	public static void main(String[] args) throws Exception {
		Thread t = new Thread(() -> System.out.println("hello from a thread"));
		t.start();
		t.join();
		System.out.println("hello world, " + Files.readAllLines(Path.of("text")).size() + " lines");
	}
}
